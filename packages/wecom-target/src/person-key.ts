/** Ids that stand for a member without naming them: opaque, so their case counts. They have 32 characters. */
const OPAQUE = /^w[om][\w-]{30}$/;

/** How the platform compares the ids of members: userids are unique ignoring case. */
export function memberKey(id: string): string {
  return OPAQUE.test(id) ? id : id.toLowerCase();
}
