// shrink.mjs SCRIPT WASM [END]: removes from wasm-bindgen's output, in place, what this site never uses. END is a script that
// is appended to one that is no module.
//
// A dependency of Leptos exports classes, which keep their code alive though no page calls them, as the linker cannot know.
// Every import and export also has a long name with a hash, twice. The program itself exports no class. This script refuses
// input that it does not recognise, and the end-to-end tests run its output.
import { readFileSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";

const [scriptPath, wasmPath, endPath] = process.argv.slice(2);
let script = readFileSync(scriptPath, "utf8");
const SECTION = { IMPORT: 2, EXPORT: 7 };

function refuse(what) {
  console.error(`amanat: ${what} in wasm-bindgen's output is not as scripts/shrink.mjs knows it.\n        Look at what changed with its version.`);
  process.exit(1);
}

/** Removes every match, of which there must be some. */
function cut(pattern, what) {
  if (!script.match(pattern)) refuse(what);
  script = script.replace(pattern, "");
}

function number(bytes, at) {
  let value = 0, shift = 0, byte;
  do {
    byte = bytes[at++];
    value |= (byte & 127) << shift;
    shift += 7;
  } while (byte & 128);
  return [value >>> 0, at];
}

function encoded(value) {
  const bytes = [];
  do {
    bytes.push((value & 127) | (value > 127 ? 128 : 0));
    value >>>= 7;
  } while (value);
  return Buffer.from(bytes);
}

const text = (string) => Buffer.concat([encoded(Buffer.byteLength(string)), Buffer.from(string)]);

/** Rewrites the entries of one section of a WASM file. `one` gets a reader and gives the entry's new bytes, or null. */
function rewrite(wasm, section, one) {
  const parts = [wasm.subarray(0, 8)];
  for (let at = 8; at < wasm.length;) {
    const [length, start] = number(wasm, at + 1);
    const end = start + length;
    if (wasm[at] === section) {
      const [count, first] = number(wasm, start);
      const reader = {
        at: first,
        number() { const [value, next] = number(wasm, this.at); this.at = next; return value; },
        text() { const length = this.number(); this.at += length; return wasm.toString("utf8", this.at - length, this.at); },
        raw(from) { return wasm.subarray(from, this.at); },
      };
      const entries = Array.from({ length: count }, () => one(reader)).filter((entry) => entry);
      if (reader.at !== end) refuse(`section ${section}`);
      const body = Buffer.concat([encoded(entries.length), ...entries]);
      parts.push(Buffer.from([section]), encoded(body.length), body);
    } else {
      parts.push(wasm.subarray(at, end));
    }
    at = end;
  }
  return Buffer.concat(parts);
}

/** Keeps and renames exports: `keep` gives the new name or nothing. */
function exports(wasm, keep) {
  return rewrite(wasm, SECTION.EXPORT, (reader) => {
    const name = keep(reader.text());
    const from = reader.at;
    reader.at += 1; // its kind
    reader.number();
    return name && Buffer.concat([text(name), reader.raw(from)]);
  });
}

/** Renames imports, all of which are functions. */
function imports(wasm, named) {
  return rewrite(wasm, SECTION.IMPORT, (reader) => {
    const module = reader.text(), name = reader.text();
    const from = reader.at;
    if (wasm[reader.at++] !== 0) refuse("an import that is no function");
    reader.number();
    return Buffer.concat([...named(module, name).map(text), reader.raw(from)]);
  });
}

function short(index) {
  const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return (index >= letters.length ? short(Math.floor(index / letters.length) - 1) : "") + letters[index % letters.length];
}

// 1. Remove classes, which only libraries export, and the functions that free their objects.
const classes = [...script.matchAll(/^export class (\w+) /gm)].map((match) => match[1]);
for (const name of classes) {
  cut(new RegExp(`^export class ${name} \\{\\n[^]*?^\\}\\n(if \\(Symbol\\.dispose\\) ${name}\\..*\\n)?`, "m"), name);
  cut(new RegExp(`^const ${name}Finalization = [^]*?;\\n`, "m"), `${name}Finalization`);
}

// 2. Remove the exports that are not called any more, and then the code that only they needed.
const used = () => new Set(["memory", ...[...script.matchAll(/\bwasm\.(\w+)/g)].map((match) => match[1])]);
const keep = used();
writeFileSync(wasmPath, exports(readFileSync(wasmPath), (name) => keep.has(name) && name));
const optimised = execFileSync("wasm-opt", ["-Oz", "--low-memory-unused", "--mvp-features", "--strip-debug", "--strip-producers", wasmPath, "-o", "-"], { maxBuffer: 1 << 28 });

// 3. Give the remaining imports short names.
const names = new Map(), module = /"(\.\/[\w-]+_bg\.js)": import0/.exec(script)?.[1] ?? refuse("the import object");
let wasm = imports(optimised, (from, name) => {
  if (from !== module) refuse(`an import from ${from}`);
  names.set(name, short(names.size));
  return ["a", names.get(name)];
});
script = script.replace(`"${module}": import0`, "a: import0");
const found = new Set();
script = script.replace(/^( +)const import0 = \{[^]*?^\1\};\n/m, (object) =>
  object.replace(/^( +)(\w+): (function\([^]*?^\1\}(?:, arguments\); \})?,\n)/gm, (all, indent, name, body) => {
    if (!names.has(name)) return "";
    found.add(name);
    return `${names.get(name)}: ${body}`;
  }));
if (found.size !== names.size) refuse(`an import (${[...names.keys()].find((name) => !found.has(name))})`);

// 4. Give the exports short names.
const calls = new Map([...used()].map((name, index) => [name, short(index)]));
wasm = exports(wasm, (name) => calls.get(name));
script = script.replace(/\bwasm\.(\w+)/g, (all, name) => `wasm.${calls.get(name)}`);

writeFileSync(wasmPath, wasm);
if (endPath) script += readFileSync(endPath, "utf8");
writeFileSync(scriptPath, execFileSync("uglifyjs", [endPath ? "--toplevel" : "--module", "--compress", "passes=2", "--mangle"], { input: script }));
