"""The hot folder: a `Source` whose inputs are files that somebody drops.

settle    when a file is whole, as far as size and time can tell (pure)
names     what a file is called in work, in done and in a reading (pure)
listing   what lies in the folder, without following links
content   one entry read once and safely, or why not
watch     hints from inotify; the only door to watchdog
inbox     the drop folder itself: watched, listed, and what is waiting in it
whole     reads what may be whole, and makes it a delivery
lock      who holds a work folder
places    where inbox, work, done and failed are, and that files can be moved between them
claims    claim, retry and file away by rename
former    work folders that no source uses any more
duplicates  inputs with equal bytes
base      what every kind of folder tells of itself
source    joins them into `HotFolder`: files are taken out of the folder
kept      ... and into `KeptFolder`: files stay where they are
forget    bounds what is remembered of those
days, retention  how long files stay in done and failed
retry     failed files back into the drop folder
once      tells the journal of each trouble once
"""
