// The flags of `npm run bench`.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HELP = `usage: npm run bench -- [flags]

  --servers NAME,...    those to measure (default: all that are installed)
  --workloads NAME,...  what to ask them (default: all)
  --seconds N           of each measurement (default 2)
  --rounds N            of all measurements; the figures are medians over them (default 5)
  --rate N              queries a second at which latency is measured (default 10000)
  --out DIR             for the report: Markdown, JSON and SVG (default bench/results)
`;

/**
 * Reads the flags; prints what is wrong with them, or how they are used, and ends the process.
 *
 * @param {readonly string[]} argv
 * @param {{ servers: readonly string[], workloads: readonly string[] }} known
 */
export function readOptions(argv, known) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        servers: { type: 'string' },
        workloads: { type: 'string' },
        seconds: { type: 'string', default: '2' },
        rounds: { type: 'string', default: '5' },
        rate: { type: 'string', default: '10000' },
        out: { type: 'string', default: fileURLToPath(new URL('results', import.meta.url)) },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(HELP);
      process.exit(0);
    }
    return {
      servers: names('servers', values.servers, known.servers),
      workloads: names('workloads', values.workloads, known.workloads),
      seconds: wholeNumber('seconds', values.seconds),
      rounds: wholeNumber('rounds', values.rounds),
      rate: wholeNumber('rate', values.rate),
      out: values.out,
    };
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}`);
    process.exit(2);
  }
}

function names(flag, text, known) {
  if (text === undefined) return known;
  const named = text.split(',');
  const unknown = named.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`--${flag} ${unknown.join(',')}: expected some of ${known.join(',')}`);
  return named;
}

function wholeNumber(flag, text) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${flag} ${text}: expected a whole number from 1`);
  return number;
}
