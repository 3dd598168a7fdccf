import type { ComponentProps, ReactNode } from "react";
import "./button.css";

interface ButtonProps extends Omit<ComponentProps<"button">, "type"> {
  readonly kind?: "plain" | "primary" | "quiet" | "danger";
  readonly icon?: ReactNode;
  readonly isPressed?: boolean;
  readonly submits?: boolean;
}

export function Button({
  kind = "plain",
  icon,
  isPressed,
  submits,
  className,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={submits ? "submit" : "button"}
      aria-pressed={isPressed}
      className={`button button-${kind}${isPressed ? " is-pressed" : ""}${className ? ` ${className}` : ""}`}
    >
      {icon}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "type" | "aria-label" | "children"> {
  readonly label: string;
  readonly icon: ReactNode;
  readonly isPressed?: boolean;
}

export function IconButton({ label, icon, isPressed, className, ...rest }: IconButtonProps) {
  return (
    <button
      {...rest}
      type="button"
      aria-label={label}
      title={label}
      aria-pressed={isPressed}
      className={`icon-button${isPressed ? " is-pressed" : ""}${className ? ` ${className}` : ""}`}
    >
      {icon}
    </button>
  );
}
