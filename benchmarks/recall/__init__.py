"""What the detectors find: photos.py on real photos, ladder.py from what size on."""
