namespace AkkaSse.AspNetCore;

/// <summary>The routes of the compatible edges that are switched on.</summary>
internal static class CompatibilityRoutes
{
    public const string CtrlXPath = "/automation/api/v2/events";

    private static readonly string[] Read = ["GET", "HEAD"];
    private static readonly string[] Write = ["POST"];

    public static List<HubRoute> Of(CompatibilityContext shared)
    {
        var routes = new List<HubRoute>();
        if (shared.Options.R3labs)
        {
            var r3labs = new R3labsEndpoints(shared);
            routes.Add(new(EndpointGroup.Subscribe, "/events", Read, (context, _, target) => r3labs.Events(context, target)) { Streaming =
                true });
        }

        if (shared.Options.Davidsbond)
        {
            var broker = new DavidsbondEndpoints(shared);
            routes.Add(new(EndpointGroup.Subscribe, "/connect", Read, (context, _, target) => broker.Connect(context, target)) { Streaming =
                true });
            routes.Add(new(EndpointGroup.Publish, "/broadcast", Write, (context, _, target) => broker.Broadcast(context, target)));
        }

        if (shared.Options.CtrlX)
        {
            var ctrlX = new CtrlXEndpoints(shared);
            routes.Add(new(EndpointGroup.Subscribe, CtrlXPath, Read, (context, _, target) => ctrlX.Direct(context, target)) { Streaming =
                true });
            routes.Add(new(EndpointGroup.Subscribe, CtrlXPath, Write, (context, _, target) => ctrlX.Create(context, target)));
            routes.Add(new(EndpointGroup.Subscribe, CtrlXPath + "/{id}", Read, (context, _, target) => ctrlX.Attach(context, target))
            {
                Streaming = true,
            });
            routes.Add(new(EndpointGroup.Subscribe, CtrlXPath + "/{id}", Write,
                (context, _, target) => ctrlX.CreateNamed(context, target)));
        }
        return routes;
    }
}
