namespace AkkaSse.Cluster.Hosting;

/// <summary>Stands among the services of an application whose hub works in its ActorSystem, so that <c>WithSseHub</c> can tell.</summary>
internal sealed class GuestHub;
