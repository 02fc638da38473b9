namespace AkkaSse.Hub;

/// <summary>One stream of a subscribe request.</summary>
/// <param name="Stream">Its name.</param>
/// <param name="Since">Where to start when the last event id says nothing of it; null for the request's own start.</param>
public readonly record struct StreamSubscription(string Stream, StartPosition? Since = null);
