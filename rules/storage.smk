# Results in object storage.

if workflow.storage_settings.default_storage_provider == "s3":
    from snakemake_storage_plugin_s3 import StorageObject

    exists_in_bucket = StorageObject.exists

    def exists_by_now(path):
        """Whether a file or folder exists in the bucket.

        Version 0.3.6 of the plugin lists a folder once: if it was missing when the run started, it
        would be missing after a job on another machine has uploaded it, too. Remove this when a
        later version lists the folder again.
        """
        found = exists_in_bucket(path)
        if not found:
            path._is_dir = None
        return found

    StorageObject.exists = exists_by_now
