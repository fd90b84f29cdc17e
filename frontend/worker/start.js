// The end of the worker's script. It starts the worker's program, and tells the page if that stops (`ToPage::Broken` in
// protocol.rs).
(function () {
  "use strict";
  function broken() {
    postMessage([6]);
  }

  // The phone's store has neutral names, and everything in it is encrypted. A store that does not answer keeps nothing, and holds
  // up neither an upload nor the news that it was received. Its requests run one after the other, so that it is not deleted
  // while something is put into it.
  var queue = Promise.resolve();
  function inStore(mode, work) {
    queue = queue.then(function () {
      return open(mode, work);
    }).catch(function () {});
    return queue;
  }
  var dead = false;
  function open(mode, work) {
    return new Promise(function (resolve, reject) {
      if (dead) {
        return reject();
      }
      setTimeout(reject, 20000);
      // A store that cannot even be opened is not asked again.
      var waiting = setTimeout(function () {
        dead = true;
        reject();
      }, 4000);
      var opening = indexedDB.open("f", 1);
      opening.onupgradeneeded = function () {
        if (mode === "readwrite") {
          opening.result.createObjectStore("s");
        } else {
          opening.transaction.abort();
        }
      };
      opening.onerror = function (event) {
        clearTimeout(waiting);
        event.preventDefault();
        reject();
      };
      opening.onsuccess = function () {
        clearTimeout(waiting);
        var database = opening.result;
        // When the person leaves, the page deletes the store, and must not wait for this.
        database.onversionchange = function () {
          database.close();
        };
        // A value counts only once it is on the disk, since the battery may die.
        var transaction = database.transaction("s", mode, { durability: "strict" });
        var store = transaction.objectStore("s");
        var request = work(store);
        var left = store.count();
        transaction.oncomplete = function () {
          database.close();
          if (mode === "readwrite" && !left.result) {
            var deleting = indexedDB.deleteDatabase("f");
            deleting.onsuccess = deleting.onerror = deleting.onblocked = resolve;
          } else {
            resolve(request.result);
          }
        };
        transaction.onabort = reject;
      };
    });
  }
  // Each value is a `Blob`, since browsers keep a `Blob` in a file of its own, which is deleted with the value. Every version of
  // any other value stays in the database's log (tried in Chromium 156 and Firefox 153).
  self.amanatKeep = function (key, first, second) {
    return inStore("readwrite", function (store) {
      store.put(new Blob([first, second]), key);
      // Whoever holds the value keeps its file on the disk, so this resolves to something else.
      return store.count(key);
    });
  };
  self.amanatKept = function (key) {
    return inStore("readonly", function (store) {
      return store.get(key);
    }).then(function (value) {
      return value && new Response(value).arrayBuffer();
    });
  };
  self.amanatKeys = function () {
    return inStore("readonly", function (store) {
      return store.getAllKeys();
    });
  };
  self.amanatDrop = function (from, to) {
    return inStore("readwrite", function (store) {
      return store.delete(IDBKeyRange.bound(from, to));
    });
  };

  // Resolves after this time, or when the phone has a network again.
  self.amanatPause = function (milliseconds) {
    return new Promise(function (resolve) {
      function over() {
        clearTimeout(timer);
        removeEventListener("online", over);
        resolve();
      }
      var timer = setTimeout(over, milliseconds);
      addEventListener("online", over);
    });
  };

  addEventListener("unhandledrejection", broken);
  wasm_bindgen({ module_or_path: location.href.replace(/\.js$/, "_bg.wasm") }).catch(broken);
})();
