// Unpacks the program in this page, and starts it.
(async () => {
  const packed = Uint8Array.from(atob(document.getElementById("program").textContent), (letter) => letter.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const program = await new Response(unpacked).arrayBuffer();
  document.getElementById("program").remove();
  await wasm_bindgen({ module_or_path: program });
  document.getElementById("starting").remove();
})();
