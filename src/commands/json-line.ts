// JSON for programs, which a person may still look at in a terminal.

/**
 * One object on one line. All that is not visible ASCII is escaped, which changes nothing for whoever parses it and
 * keeps what a stranger registered from being obeyed by a terminal. Integers of 64 bits become strings.
 */
export function jsonLine(value: object): string {
  const text = JSON.stringify(value, (_key, field: unknown) => (typeof field === 'bigint' ? String(field) : field));
  return `${text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}
