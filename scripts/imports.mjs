// imports.mjs [FOLDER]: fails where two sibling modules import each other, directly or through others, and where a module
// imports against the direction that docs/architecture.md gives.
//
// It reads the `use` lines and the `crate::` and `super::` paths of each crate below FOLDER (the workspace). Tests are left
// out. A module and those inside it may name each other.
import { readFileSync, readdirSync, existsSync, statSync } from "node:fs";
import { join, relative } from "node:path";

const top = process.argv[2] ?? ".";

/** Modules of a crate that import nothing of it but each other's insides, and modules with what they never import. */
const RULES = JSON.parse(readFileSync(join(top, "scripts/imports.json"), "utf8"));

/** All `.rs` files of a folder but those of tests. */
function sources(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return name === "tests" ? [] : sources(path);
    return name.endsWith(".rs") && name !== "tests.rs" && name !== "testing.rs" ? [path] : [];
  });
}

/** The module that a file is: `["store", "mail"]` for `src/store/mail.rs`. */
function moduleOf(root, file) {
  const parts = relative(root, file).replace(/\.rs$/, "").split("/");
  return ["mod", "lib", "main"].includes(parts.at(-1)) ? parts.slice(0, -1) : parts;
}

/** The text without comments, strings and what stands behind `#[cfg(test)]` at the file's end. */
function code(text) {
  const test = text.search(/^#\[cfg\(test\)\]\s*\n(pub(\(.*?\))? )?mod \w+ \{/m);
  return (test < 0 ? text : text.slice(0, test))
    .replace(/"(\\.|[^"\\])*"/gs, '""')
    .replace(/\/\/.*$/gm, "");
}

/** The paths of `a::{b, c::d}`, each as its parts. */
function expand(tree) {
  const open = tree.indexOf("{");
  if (open < 0) return [tree.replace(/\s+as\s+\w+/, "").split("::").map((part) => part.trim()).filter(Boolean)];
  const head = tree.slice(0, open).split("::").map((part) => part.trim()).filter(Boolean);
  const inner = tree.slice(open + 1, tree.lastIndexOf("}"));
  const items = [];
  let depth = 0, from = 0;
  for (let at = 0; at <= inner.length; at += 1) {
    if (inner[at] === "{") depth += 1;
    if (inner[at] === "}") depth -= 1;
    if (at === inner.length || (inner[at] === "," && depth === 0)) {
      if (inner.slice(from, at).trim()) items.push(inner.slice(from, at));
      from = at + 1;
    }
  }
  return items.flatMap((item) => expand(item).map((path) => [...head, ...path]));
}

/** The paths below the crate that a module names. */
function imports(text, module) {
  const paths = [...text.matchAll(/\buse\s+([^;]+);/g)].flatMap(([, tree]) => expand(tree));
  const inline = text.replace(/\buse\s+[^;]+;/g, "").matchAll(/\b(?:crate|super)(?:::\w+)+/g);
  paths.push(...[...inline].map(([path]) => path.split("::")));
  return paths.flatMap((path) => {
    let base = null;
    const rest = [...path];
    if (rest[0] === "crate") { rest.shift(); base = []; }
    else if (rest[0] === "self") { rest.shift(); base = module; }
    else if (rest[0] === "super") {
      base = module;
      while (rest[0] === "super") { rest.shift(); base = base.slice(0, -1); }
    }
    return base ? [[...base, ...rest]] : [];
  });
}

/** Groups of names that reach each other, of more than one. */
function circles(edges) {
  const reaches = (from, to, seen = new Set()) =>
    [...(edges.get(from) ?? [])].some((next) => next === to || (!seen.has(next) && seen.add(next) && reaches(next, to, seen)));
  const names = [...edges.keys()].filter((name) => reaches(name, name));
  const groups = [];
  for (const name of names) {
    const group = groups.find(([first]) => reaches(first, name) && reaches(name, first));
    if (group) group.push(name); else groups.push([name]);
  }
  return groups;
}

const faults = [];
for (const [crate, { root, leaves = [], never = {} }] of Object.entries(RULES)) {
  const folder = join(top, root);
  if (!existsSync(folder)) { faults.push(`${crate}: there is no folder ${root}`); continue; }
  const files = sources(folder).map((file) => ({ file, module: moduleOf(folder, file) }));
  const known = new Set(files.flatMap(({ module }) => module.map((_, at) => module.slice(0, at + 1).join("::"))));
  const byParent = new Map();
  for (const { file, module } of files) {
    for (const path of imports(code(readFileSync(file, "utf8")), module)) {
      const to = [...path];
      while (to.length && !known.has(to.join("::"))) to.pop();
      let common = 0;
      while (common < module.length && common < to.length && module[common] === to[common]) common += 1;
      if (common === module.length || common === to.length) continue;
      const [parent, from, target] = [module.slice(0, common).join("::"), module[common], to[common]];
      if (!byParent.has(parent)) byParent.set(parent, new Map());
      const edges = byParent.get(parent);
      edges.set(from, (edges.get(from) ?? new Map()).set(target, relative(top, file)));
      if (parent === "" && leaves.includes(from)) faults.push(`${crate}: ${from} imports ${target} (${relative(top, file)}), and is a leaf`);
      if (parent === "" && never[from]?.includes(target)) {
        faults.push(`${crate}: ${from} imports ${target} (${relative(top, file)}), which is the wrong direction`);
      }
    }
  }
  for (const name of [...leaves, ...Object.entries(never).flat(2)]) {
    if (!known.has(name)) faults.push(`${crate}: scripts/imports.json names ${name}, which is no module of it`);
  }
  for (const [parent, edges] of byParent) {
    const names = new Map([...edges].map(([from, targets]) => [from, new Set(targets.keys())]));
    for (const group of circles(names)) {
      const where = group.flatMap((from) => [...edges.get(from)].filter(([to]) => group.includes(to)).map(([to, file]) => `${from} → ${to} (${file})`));
      faults.push(`${crate}: a circle${parent && ` in ${parent}`}: ${where.join(", ")}`);
    }
  }
}
for (const fault of faults) console.error(`amanat: ${fault}`);
process.exit(faults.length ? 1 : 0);
