// From settings to what a connection to etcd needs: the files that the settings name are read here, all mistakes at once.

import type { Settings } from '../config.ts';
import type { EtcdOptions } from '../etcd/options.ts';

/** The settings that say how etcd is reached. */
export type EtcdSettings = Pick<
  Settings,
  'etcdEndpoints' | 'etcdCaFile' | 'etcdCertificateFile' | 'etcdKeyFile' | 'etcdUser' | 'etcdPasswordFile'
>;

export type EtcdOptionsResult =
  | { readonly kind: 'options'; readonly options: EtcdOptions }
  | { readonly kind: 'mistakes'; readonly mistakes: readonly string[] };

/** @param readFile may throw; its message then becomes a mistake */
export function readEtcdOptions(settings: EtcdSettings, readFile: (path: string) => Buffer): EtcdOptionsResult {
  const mistakes: string[] = [];
  const read = (flag: string, path: string | undefined): Buffer | undefined => {
    if (path === undefined) return undefined;
    try {
      return readFile(path);
    } catch (error) {
      mistakes.push(`${flag} ${path}: ${error instanceof Error ? error.message : 'cannot be read'}`);
      return undefined;
    }
  };
  const ca = read('--etcd-ca', settings.etcdCaFile);
  const certificate = read('--etcd-cert', settings.etcdCertificateFile);
  const key = read('--etcd-key', settings.etcdKeyFile);
  // A newline at the end is the editor's and not part of the password.
  const password = read('--etcd-password-file', settings.etcdPasswordFile)
    ?.toString('utf8')
    .replace(/\r?\n$/, '');
  if (mistakes.length > 0) return { kind: 'mistakes', mistakes };
  const { etcdEndpoints: endpoints, etcdUser: username } = settings;
  const hasTls = ca !== undefined || certificate !== undefined;
  return {
    kind: 'options',
    options: {
      endpoints,
      ...(hasTls && { tls: { ca, certificate, key } }),
      ...(username !== undefined && password !== undefined && { auth: { username, password } }),
    },
  };
}
