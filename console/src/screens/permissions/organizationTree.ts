import type { Organization } from "../../api/lists";

export interface OrganizationNode {
  readonly id: string;
  readonly name: string;
  /** Absent directly below the root. */
  readonly parent: string | undefined;
  readonly children: readonly OrganizationNode[];
}

/**
 * The organizations as a tree, each level by name. One whose parent is not among them stands at the top: it is the
 * highest that the caller sees.
 */
export function treeOf(organizations: readonly Organization[]): OrganizationNode[] {
  const known = new Set(organizations.map(({ id }) => id));
  const below = new Map<string | undefined, Organization[]>();
  for (const organization of organizations) {
    const { parent } = organization;
    const at = parent && known.has(parent) ? parent : undefined;
    below.set(at, [...(below.get(at) ?? []), organization]);
  }
  const nodes = (parent: string | undefined): OrganizationNode[] =>
    (below.get(parent) ?? [])
      .map((organization) => ({
        id: organization.id ?? "",
        name: organization.displayName,
        parent: organization.parent ?? undefined,
        children: nodes(organization.id),
      }))
      .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  return nodes(undefined);
}

/** What of a tree has `q` in its name or id, with all that lies above. */
export function found(nodes: readonly OrganizationNode[], q: string): OrganizationNode[] {
  const wanted = q.toLocaleLowerCase();
  return nodes.flatMap((node) => {
    const children = found(node.children, q);
    const hit = [node.name, node.id].some((text) => text.toLocaleLowerCase().includes(wanted));
    return hit || children.length > 0 ? [{ ...node, children }] : [];
  });
}

/** The ids of all nodes. */
export function idsOf(nodes: readonly OrganizationNode[]): string[] {
  return nodes.flatMap(({ id, children }) => [id, ...idsOf(children)]);
}

/** The organization and all below it, which cannot become its parent. */
export function branchOf(organizations: readonly Organization[], id: string): Set<string> {
  const find = (nodes: readonly OrganizationNode[]): OrganizationNode | undefined =>
    nodes.find((node) => node.id === id) ?? find(nodes.flatMap(({ children }) => children));
  const nodes = treeOf(organizations);
  const node = idsOf(nodes).includes(id) ? find(nodes) : undefined;
  return new Set(node ? idsOf([node]) : []);
}

/** The rule for ids of organizations (iot-central §2). */
export function isOrganizationId(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,46}[a-z0-9]$/u.test(text);
}

/** An id made of a name: "Île-de-France 2" gives `ile-de-france-2`; empty where nothing of the name can stand in one. */
export function idFromName(name: string): string {
  const id = name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, "-")
    .slice(0, 48)
    .replace(/^-+|-+$/gu, "");
  return isOrganizationId(id) ? id : "";
}
