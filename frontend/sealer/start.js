// The end of the sealer's script: starts its program, and tells the page (BROKEN, in protocol.rs) if that cannot run on.
(function () {
  "use strict";
  function broken() {
    postMessage([6]);
  }

  addEventListener("unhandledrejection", broken);
  wasm_bindgen({ module_or_path: location.href.replace(/\.js$/, "_bg.wasm") }).catch(broken);
})();
