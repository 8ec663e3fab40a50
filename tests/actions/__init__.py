"""The custom actions over their webhook, against the really started facade, journey, insight and simulated hospital."""
