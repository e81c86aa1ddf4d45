// Why a socket could not be opened, in one sentence for the person who started the program.

/** A UDP or TCP socket that could not be bound. */
export class BindError extends Error {
  readonly code = 'bind-failed';

  /** @param where such as `udp 127.0.0.1 port 53` */
  constructor(where: string, cause: unknown) {
    super(`cannot listen on ${where}: ${reasonFor(codeOf(cause))}`, { cause });
    this.name = 'BindError';
  }
}

/** The system's code of an error, such as `EADDRINUSE`; empty when it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function reasonFor(code: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'another program has this port; stop that one or choose another with --port';
    case 'EACCES':
      return 'no permission; choose a port above 1023, or give the program CAP_NET_BIND_SERVICE';
    case 'EAFNOSUPPORT':
      return 'this host has no IPv6; choose IPv4 addresses with --listen';
    case 'EADDRNOTAVAIL':
      return 'this host has no such address; choose one of its own with --listen';
    default:
      return code === '' ? 'the system refused' : `the system refused with ${code}`;
  }
}
