"""send.py ENDPOINT FILE STORE PROOF CHECKSUM WORK: sends a file with tuspy, as far as the network carries it, and goes on with what
an earlier run began. Says where it begins, and ends with 3 if it did not come to the end. PROOF is in hexadecimal,
WORK the value of Proof-Of-Work."""

import hashlib
import sys

from tusclient import client
from tusclient.exceptions import TusCommunicationError, TusUploadFailed
from tusclient.storage.filestorage import FileStorage

endpoint, file, store, proof, checksum, work = sys.argv[1:]
with open(file, "rb") as sealed:
    sha256 = hashlib.sha256(sealed.read()).digest()
try:
    uploader = client.TusClient(endpoint, headers={"Proof-Of-Work": work}).uploader(
        file,
        chunk_size=700_000,
        store_url=True,
        url_storage=FileStorage(store),
        # The library takes text as metadata only: this one says byte for byte what the hashes are.
        metadata={"delete_proof_sha256": bytes.fromhex(proof).decode("latin-1"), "sha256": sha256.decode("latin-1")},
        metadata_encoding="latin-1",
        upload_checksum=checksum == "checksum",
    )
    print(f"begins at {uploader.offset}")
    uploader.upload()
except (OSError, TusCommunicationError, TusUploadFailed) as error:
    print(error, file=sys.stderr)
    sys.exit(3)
