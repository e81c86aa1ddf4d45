// Which link a registration uses. A process may register thousands of instances one by one, and each with a connection of
// its own would use up its descriptors and etcd's: so this is the one place with state of the whole process, as an HTTP
// agent has it. A link is in it for as long as somebody uses it.

import type { EtcdOptions } from '../etcd/options.ts';
import { EtcdLink, type LinkUser } from './etcd-link.ts';

const LINKS = new Map<string, EtcdLink>();

/**
 * Joins the link to this cluster, the same for all who reach it in the same way.
 *
 * @returns how to leave it; whoever is the last to leave waits until it is closed
 */
export function joinLink(etcd: EtcdOptions, user: LinkUser): { readonly leave: () => Promise<void> } {
  const how = JSON.stringify([etcd.endpoints, etcd.tls, etcd.auth]);
  const link = LINKS.get(how) ?? new EtcdLink(etcd);
  LINKS.set(how, link);
  link.join(user);
  return {
    leave: async () => {
      link.leave(user);
      if (link.users > 0) return;
      if (LINKS.get(how) === link) LINKS.delete(how);
      await link.close();
    },
  };
}
