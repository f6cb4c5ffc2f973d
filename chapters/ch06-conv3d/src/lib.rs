//! Chapter 6: convolution of volumes and videos, and 3D from 2D.
