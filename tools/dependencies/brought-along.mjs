// SPDX-License-Identifier: MIT

/**
 * What the packages that ship bring along, as package-lock.json has it: all that is neither for development only nor
 * named in package.json itself, nor a part of this repository.
 *
 * @typedef {{ readonly version: string, readonly license?: string, readonly dev?: boolean, readonly link?: boolean }} Locked
 * @param {{ readonly packages: Readonly<Record<string, Locked & { readonly dependencies?: Readonly<Record<string, string>> }>> }} lock
 * @returns {{ name: string, version: string, licence: string }[]}  by name
 */
export function broughtAlong({ packages }) {
  const asked = Object.keys(packages[""]?.dependencies ?? {});
  return Object.entries(packages)
    .filter(([place, { dev, link }]) => place.includes("node_modules/") && dev !== true && link !== true)
    .filter(([place]) => !asked.some((name) => place === `node_modules/${name}`))
    .map(([place, { version, license }]) => ({
      name: place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length),
      version,
      licence: license ?? "not stated",
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
