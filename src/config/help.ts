// The help texts, made from the tables of config.ts so that they cannot lag behind them.

import { COMMANDS, type Command, environmentName, SETTINGS, type Setting } from '../config.ts';

/** What `svcdns --help` prints. */
export function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((command) => command.length));
  const commands = Object.entries(COMMANDS).map(([command, { summary }]) => `  ${command.padEnd(width)}  ${summary}`);
  return ['Usage: svcdns COMMAND [flags]', '', ...commands, '', 'svcdns COMMAND --help shows its flags.', ''].join(
    '\n',
  );
}

/** What `svcdns COMMAND --help` prints. */
export function helpFor(command: Command): string {
  const { summary, usage } = COMMANDS[command];
  const settings = (Object.values(SETTINGS) as readonly Setting[]).filter(({ commands }) => commands.includes(command));
  const lines = [`Usage: svcdns ${command} [flags]${usage === '' ? '' : ` ${usage}`}`, '', summary, ''];
  const heads = settings.map(({ flag, placeholder }) => `  --${flag} ${placeholder}`.trimEnd());
  const width = Math.max(...heads.map((head) => head.length));
  for (const [index, setting] of settings.entries()) {
    lines.push(`${heads[index]?.padEnd(width)}  ${setting.help}${note(setting)}`);
  }
  const shared = settings.find(({ source }) => source !== 'flag');
  if (shared !== undefined) {
    const example = `--${shared.flag} is ${environmentName(shared)}`;
    lines.push('', `The environment can set what is not of one call only: ${example}. A flag goes before it.`);
  }
  if (settings.some(({ flag }) => flag === SETTINGS.configFile.flag)) {
    lines.push('The file of --config comes after both.');
  }
  return [...lines, ''].join('\n');
}

/** The range and the default, as far as there are any; a switch has neither. */
function note({ default: text, placeholder, value }: Setting): string {
  const parts = [value.range, placeholder === '' || text === undefined ? undefined : `default ${text}`];
  const known = parts.filter((part) => part !== undefined);
  return known.length === 0 ? '' : ` (${known.join(', ')})`;
}
