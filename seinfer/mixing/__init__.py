"""Make a paired test set from clean speech and noise (`seinfer mix`).

testset.py makes the folder; pair_maker.py mixes one pair. request.py has the settings, plan.py and random_draws.py
decide which speech is mixed with which noise at which SNR, sources.py reads the recordings, mixture.py,
reverberation.py and excerpts.py have the signal processing, output_folder.py protects other files in the output
folder.
"""
