// How to reach an etcd cluster: what the operator sets, shared by everything here that opens a connection.

/** PEM, as read from the files. */
export interface EtcdTls {
  /** Who may sign the server's certificate; the system's authorities when absent. */
  readonly ca?: Buffer | undefined;
  /** Our own certificate with its chain, and its key: both or neither. */
  readonly certificate?: Buffer | undefined;
  readonly key?: Buffer | undefined;
}

export interface EtcdAuth {
  readonly username: string;
  readonly password: string;
}

export interface EtcdOptions {
  /** `http://host:port` or `https://host:port`, tried in this order; at least one. */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTls | undefined;
  readonly auth?: EtcdAuth | undefined;
}
