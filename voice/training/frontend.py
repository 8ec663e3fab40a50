"""How sound becomes features: the settings that training and vosk must share."""

MEL = 40
LOW, HIGH = 40.0, 7800.0  # Hz; vosk's file says −200, which is below half the sample rate
SETTINGS = f"""--sample-frequency=16000
--num-mel-bins={MEL}
--low-freq=40
--high-freq=-200
--dither=0
--energy-floor=0.0
--allow-downsample=true
--allow-upsample=true
"""
"""conf/fbank.conf of the model."""
