"""What is done to PDF files: the only importers of pikepdf, pypdf, pdfium and Pillow here."""
