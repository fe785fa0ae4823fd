/** A request that the server answered, but not with what was asked for. */
export class RequestFailed extends Error {
  override readonly name = "RequestFailed";

  /**
   * @param status the HTTP status
   * @param code the server's own word for what is wrong, for whoever looks it up
   * @param message the server's sentence about it, which names the field and the rule
   * @param retryAfter seconds after which to try again, where the server says so
   */
  constructor(
    readonly status: number,
    readonly code: string | undefined,
    message: string,
    readonly retryAfter?: number,
  ) {
    super(message);
  }

  /** Whether the same request may succeed a moment later. */
  get mayPass(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}
