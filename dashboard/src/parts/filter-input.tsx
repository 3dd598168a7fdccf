import "./field.css";
import { Search } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";

interface FilterInputProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onRun: (text: string) => void;
}

/** A text filter that acts on Enter; the URL holds what is in force. */
export function FilterInput({ label, placeholder, value, onRun }: FilterInputProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onRun(text.trim());
  };
  return (
    <form className="filter-input" onSubmit={submit} role="search" aria-label={label}>
      <Search size={14} aria-hidden="true" />
      <input
        className="input"
        type="search"
        aria-label={label}
        placeholder={placeholder}
        maxLength={512}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          // The little cross of a search field empties it without Enter.
          if (event.currentTarget.value === "" && value !== "") onRun("");
        }}
      />
    </form>
  );
}
