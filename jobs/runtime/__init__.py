"""The one room no stage reaches around: session, storage, manifests, recipes, stage contract."""
