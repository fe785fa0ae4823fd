import type { Role, RoleAssignment } from "./access";

/** A role and where it holds, as it is being entered; empty is not chosen yet. */
export interface DraftAssignment {
  readonly role: string;
  readonly organization: string;
}

export const NO_ASSIGNMENT: DraftAssignment = { role: "", organization: "" };

export type AssignmentFault = "role" | "organization" | "twice";

/** What is wrong with the entry at `index`, if anything is. */
export function faultOf(
  drafts: readonly DraftAssignment[],
  index: number,
  roles: readonly Role[],
): AssignmentFault | undefined {
  const draft = drafts[index] ?? NO_ASSIGNMENT;
  const role = roles.find(({ id }) => id === draft.role);
  if (!role) return "role";
  if (role.withinOrganization && draft.organization === "") return "organization";
  const isSame = (other: DraftAssignment) =>
    other.role === draft.role && (!role.withinOrganization || other.organization === draft.organization);
  return drafts.findIndex(isSame) < index ? "twice" : undefined;
}

/** The roles to send, or nothing while something is missing. */
export function assignmentsOf(
  drafts: readonly DraftAssignment[],
  roles: readonly Role[],
): RoleAssignment[] | undefined {
  if (drafts.length === 0 || drafts.some((_, index) => faultOf(drafts, index, roles))) return undefined;
  return drafts.map(({ role, organization }) => {
    const within = roles.find(({ id }) => id === role)?.withinOrganization;
    return within ? { role, organization } : { role };
  });
}

export function draftsOf(assignments: readonly RoleAssignment[]): DraftAssignment[] {
  return assignments.map(({ role, organization }) => ({ role, organization: organization ?? "" }));
}
