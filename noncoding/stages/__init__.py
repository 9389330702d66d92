"""One module for each stage of the pipeline, each with one public function."""
