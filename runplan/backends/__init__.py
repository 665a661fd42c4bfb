"""Text engines behind one seam (`base.Backend`)."""
