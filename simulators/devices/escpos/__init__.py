"""An ESC/POS receipt printer in software: parser, typesetting, pictures, faults."""
