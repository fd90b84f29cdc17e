// send.js MODULES ENDPOINT FILE STORE METADATA WORK: sends a file with tus-js-client, as far as the network carries it, and goes on
// with what an earlier run began. Says how many it finds, and ends with 3 if it did not come to the end.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const [modules, endpoint, file, store, metadata, work] = process.argv.slice(2);
const tus = require(path.join(modules, 'tus-js-client'));

const upload = new tus.Upload(fs.createReadStream(file), {
    endpoint,
    chunkSize: 700_000,
    retryDelays: null,
    urlStorage: new tus.FileUrlStorage(store),
    // The library takes text as metadata only, and a hash is none.
    headers: { 'Upload-Metadata': metadata, 'Proof-Of-Work': work },
    onError: error => {
        console.error(String(error));
        process.exit(3);
    },
    onSuccess: () => process.exit(0),
});
upload.findPreviousUploads().then(previous => {
    console.log(`earlier uploads: ${previous.length}`);
    if (previous.length > 0) {
        upload.resumeFromPreviousUpload(previous[0]);
    }
    upload.start();
});
