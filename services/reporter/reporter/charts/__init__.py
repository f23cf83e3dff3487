"""Pictures: Altair's charts, drawn as SVG when the page is made."""
