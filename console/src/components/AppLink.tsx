import { Link } from "@fluentui/react-components";
import { createLink } from "@tanstack/react-router";

/** A link of Fluent's looks to another screen; `to`, `params` and `search` are checked against the routes. */
export const AppLink = createLink(Link);
