//! What a small network needs beside convolutions.
