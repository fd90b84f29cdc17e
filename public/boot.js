// Starts the form. A classic script, in words that Chrome 80 knows: no inline code, no top-level `await`, no `eval`.
// The WASM is asked for at once, while the module that runs it is still on its way.
(function () {
  "use strict";
  var names = Object.assign({}, document.currentScript.dataset);
  var wasm = fetch(names.wasm, { credentials: "same-origin" });

  // Trusted Types let a worker start only from an address that this policy has made.
  var policy = window.trustedTypes && window.trustedTypes.createPolicy("amanat", {
    createScriptURL: function () {
      return names.sealer;
    }
  });
  window.amanatSealer = function () {
    return new Worker(policy ? policy.createScriptURL("") : names.sealer);
  };

  // The first screen stands in the page: a touch that comes before the program is kept for it.
  var first = document.getElementById("first");
  first.addEventListener("click", function (event) {
    var language = event.target.value;
    if (language) {
      first.setAttribute("data-chosen", language);
      first.className = "chosen";
    }
  });

  // Whether the sealer's store holds something, without making one.
  var waits = false;
  try {
    var opening = indexedDB.open("f");
    opening.onupgradeneeded = function () {
      opening.transaction.abort();
    };
    opening.onsuccess = function () {
      var database = opening.result;
      database.transaction("s").objectStore("s").count(1).onsuccess = function (event) {
        waits = event.target.result > 0;
        database.close();
      };
    };
    opening.onerror = function (event) {
      event.preventDefault();
    };
  } catch (error) {
    // Where nothing can be kept, nothing waits.
  }
  window.amanatWaits = function () {
    return waits;
  };

  // Whoever looks through the open applications sees nothing.
  document.addEventListener("visibilitychange", function () {
    document.documentElement.className = document.hidden ? "covered" : "";
  });

  window.amanatClear = function () {
    try {
      indexedDB.deleteDatabase("f");
    } catch (error) {
      // Where nothing can be kept, nothing is.
    }
    fetch("/leave", { keepalive: true, redirect: "manual", cache: "no-store", credentials: "same-origin" }).catch(function () {});
  };

  function failed() {
    var message = document.getElementById("failed");
    if (message) {
      message.hidden = false;
      first.remove();
    }
  }

  import(names.js)
    .then(function (module) {
      return module.default({ module_or_path: wasm });
    })
    .catch(failed);
})();
