//! Chapter 8: channel shuffle, and the ShuffleNet unit.
