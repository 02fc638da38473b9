namespace AkkaSse.AspNetCore;

/// <summary>The routes of the compatible edges that are switched on.</summary>
internal static class SeedRoutes
{
    public const string CtrlXPath = "/automation/api/v2/events";

    private static readonly string[] Read = ["GET", "HEAD"];
    private static readonly string[] Write = ["POST"];

    public static List<HubRoute> Of(SeedContext seeds)
    {
        var routes = new List<HubRoute>();
        if (seeds.Options.R3labs)
        {
            var r3labs = new R3labsEdge(seeds);
            routes.Add(new(EndpointGroup.Subscribe, "/events", Read, (context, _, target) => r3labs.Events(context, target)) { Streaming = true });
        }

        if (seeds.Options.Davidsbond)
        {
            var broker = new DavidsbondEdge(seeds);
            routes.Add(new(EndpointGroup.Subscribe, "/connect", Read, (context, _, target) => broker.Connect(context, target)) { Streaming = true });
            routes.Add(new(EndpointGroup.Publish, "/broadcast", Write, (context, _, target) => broker.Broadcast(context, target)));
        }

        if (seeds.Options.CtrlX)
        {
            var ctrlX = new CtrlXEdge(seeds);
            routes.Add(new(EndpointGroup.Subscribe, CtrlXPath, Read, (context, _, target) => ctrlX.Direct(context, target)) { Streaming = true });
            routes.Add(new(EndpointGroup.Subscribe, CtrlXPath, Write, (context, _, target) => ctrlX.Create(context, target)));
            routes.Add(new(EndpointGroup.Subscribe, CtrlXPath + "/{id}", Read, (context, _, target) => ctrlX.Attach(context, target)) { Streaming = true });
            routes.Add(new(EndpointGroup.Subscribe, CtrlXPath + "/{id}", Write, (context, _, target) => ctrlX.CreateNamed(context, target)));
        }
        return routes;
    }
}
