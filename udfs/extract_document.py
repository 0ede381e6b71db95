"""One document of any format to text; never raises for what a document holds.

Usable in a notebook without Spark:

    >>> from udfs.extract_document import extract
    >>> extract(b"<html><title>Hi</title><body><p>Good morning, dear reader.").text
    'Good morning, dear reader.'
"""

from udfs.extraction.contract import Extraction, ExtractionOptions
from udfs.extraction.document_reading import extract

__all__ = ["Extraction", "ExtractionOptions", "extract"]
