"""Pictures in every format and variant, made of numpy, cv2 and hand-written bytes."""
