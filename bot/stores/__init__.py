"""Where conversations are kept between turns and across restarts."""
