// Starts the form. A classic script, in words that Chrome 80 knows: no inline code, no top-level `await`, no `eval`.
// The WASM is asked for at once, while the module that runs it is still on its way.
(function () {
  "use strict";
  var names = Object.assign({}, document.currentScript.dataset);
  var wasm = fetch(names.wasm, { credentials: "same-origin" });

  // The style sheet shows it to browsers that cannot even read this script.
  var message = document.getElementById("failed");
  message.hidden = true;

  // A browser on a server of somebody else's, and browsers inside other applications.
  if (/Opera Mini|; wv\)|FBA[NV]|Instagram|MicroMessenger|Line\//.test(navigator.userAgent)) {
    document.getElementById("watched").hidden = false;
  }

  // Trusted Types let a worker start only from an address that this policy has made.
  var policy = window.trustedTypes && window.trustedTypes.createPolicy("p", {
    createScriptURL: function () {
      return names.worker;
    }
  });
  window.amanatSealer = function () {
    return new Worker(policy ? policy.createScriptURL("") : names.worker);
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

  // Firefox writes every radio button, check box and list to the disk that differs from its default, whatever
  // `autocomplete` says. So the default follows what is chosen.
  function mirror() {
    document.querySelectorAll("input, option").forEach(function (control) {
      if (control.type) {
        control.defaultChecked = control.checked;
      } else {
        control.defaultSelected = control.selected;
      }
    });
  }
  addEventListener("click", mirror);
  addEventListener("change", mirror);
  // The Enter key of a phone's keyboard would load the page again.
  addEventListener("submit", function (event) {
    event.preventDefault();
  });

  // The keys in the worker's store (protocol.rs). A store that is not there is not made.
  var keys = [];
  try {
    var opening = indexedDB.open("f");
    opening.onupgradeneeded = function () {
      opening.transaction.abort();
    };
    opening.onsuccess = function () {
      var database = opening.result;
      database.transaction("s").objectStore("s").getAllKeys().onsuccess = function (event) {
        keys = event.target.result;
        database.close();
      };
    };
    opening.onerror = function (event) {
      event.preventDefault();
    };
  } catch (error) {
    // Where nothing can be kept, nothing waits.
  }
  window.amanatWaits = function (from, to) {
    return keys.some(function (key) {
      return key >= from && key <= to;
    });
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
    // The header is one that no other site's page can send.
    fetch("/leave", { method: "POST", headers: { "Clear-Site": "1" }, keepalive: true }).catch(function () {});
  };

  function failed() {
    message.hidden = false;
    message.className = "now";
    first.remove();
  }

  import(names.js)
    .then(function (module) {
      return module.default({ module_or_path: wasm });
    })
    .catch(failed);
})();
