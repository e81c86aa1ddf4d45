// Why an instance is not registered, for programs: thrown by the library, shown by the command.

export type RegisterErrorCode =
  /** Options that cannot be carried out as they are. */
  | 'bad-options'
  /** Another owner holds the key, or a later start of the same instance. */
  | 'conflict'
  /** The user may not read or write the key. */
  | 'permission'
  /** Wrong user or password. */
  | 'authentication'
  /** The registration was closed. */
  | 'closed';

export class RegisterError extends Error {
  override readonly name = 'RegisterError';
  readonly code: RegisterErrorCode;

  constructor(code: RegisterErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
