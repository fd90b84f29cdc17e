// Starts the form. A classic script, in words that Chrome 80 knows: no inline code, no top-level `await`, no `eval`.
// The WASM is asked for at once, while the module that runs it is still on its way.
(function () {
  "use strict";
  var names = document.currentScript.dataset;
  var wasm = fetch(names.wasm, { credentials: "same-origin" });

  function failed() {
    var message = document.getElementById("failed");
    if (message) {
      message.hidden = false;
    }
  }

  import(names.js)
    .then(function (module) {
      return module.default({ module_or_path: wasm });
    })
    .catch(failed);
})();
