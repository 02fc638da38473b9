using AkkaSse.Cluster.Wire;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Clients;

/// <summary>Messages about claims.</summary>
internal static class ClientsWire
{
    internal static IReadOnlyList<WireCodec> Codecs { get; } =
    [
        new WireCodec<Claim>("C1",
            static (m, to) =>
            {
                to.Text(m.Entity);
                Write(m.By, to);
                to.Byte((byte)m.Policy);
            },
            static (ref from) => new Claim(from.RequiredText(), ReadClaimant(ref from), (DuplicateClientPolicy)from.Byte())),
        new WireCodec<ClaimAnswer>("C2",
            static (m, to) =>
            {
                to.Byte((byte)m.Status);
                to.Int(m.Generation);
                to.Int(m.Incarnation);
            },
            static (ref from) => new ClaimAnswer((ClaimStatus)from.Byte(), from.Int(), from.Int())),
        new WireCodec<Restore>("C3",
            static (m, to) =>
            {
                to.Text(m.Entity);
                Write(m.By, to);
                to.Int(m.Generation);
            },
            static (ref from) => new Restore(from.RequiredText(), ReadClaimant(ref from), from.Int())),
        new WireCodec<Release>("C4",
            static (m, to) =>
            {
                to.Text(m.Entity);
                to.Text(m.Zone);
                to.Int(m.Token);
                to.Int(m.Generation);
            },
            static (ref from) => new Release(from.RequiredText(), from.RequiredText(), from.Int(), from.Int())),
        new WireCodec<Locate>("C5",
            static (m, to) =>
            {
                to.Text(m.Entity);
                to.Text(m.Member);
            },
            static (ref from) => new Locate(from.RequiredText(), from.HasMore ? from.Text() : null)),
        new WireCodec<Located>("C6",
            static (m, to) =>
            {
                to.Bool(m.Known);
                to.UInt((ulong)m.Places.Count);
                foreach (var place in m.Places)
                {
                    to.Text(place.Zone);
                    to.Text(place.Node);
                    to.Text(place.Member);
                    to.Int(place.Generation);
                }
                to.Int(m.ToldForMilliseconds);
            },
            static (ref from) =>
            {
                var known = from.Bool();
                var places = new Located.Place[from.Length()];
                for (var i = 0; i < places.Length; i++)
                    places[i] = new Located.Place(from.RequiredText(), from.RequiredText(), from.RequiredText(), from.Int());
                return new Located(known, places) { ToldForMilliseconds = from.HasMore ? from.Int() : 0 };
            }),
        new WireCodec<Refuse>("C7",
            static (m, to) =>
            {
                to.Text(m.Entity);
                to.Text(m.Zone);
                to.Text(m.Instance);
                to.Int(m.Milliseconds);
            },
            static (ref from) => new Refuse(from.RequiredText(), from.RequiredText(), from.Text(), from.Int())),
        new WireCodec<RefusedQuestion>("C8",
            static (m, to) =>
            {
                to.Text(m.Entity);
                to.Text(m.Zone);
                to.Text(m.Instance);
            },
            static (ref from) => new RefusedQuestion(from.RequiredText(), from.RequiredText(), from.Text())),
        new WireCodec<IsRefused>("C9", static (m, to) => to.Bool(m.Value), static (ref from) => new IsRefused(from.Bool())),
        new WireCodec<Done>("C10", static (_, _) => { }, static (ref _) => Done.Instance),
        new WireCodec<ClaimsQuestion>("C11",
            static (m, to) =>
            {
                to.Text(m.Client);
                to.Int(m.Incarnation);
            },
            static (ref from) => new ClaimsQuestion(from.RequiredText(), from.Int())),
        new WireCodec<ClaimsHeld>("C12",
            static (m, to) =>
            {
                to.Int(m.Incarnation);
                to.Text(m.Member);
                to.Text(m.Node);
                to.UInt((ulong)m.Claims.Count);
                foreach (var claim in m.Claims)
                {
                    to.Text(claim.Zone);
                    to.Text(claim.Instance);
                    to.Text(claim.Subject);
                    to.Int(claim.Token);
                    to.Int(claim.Generation);
                }
                to.Blob(m.Refusals.Span);
            },
            static (ref from) =>
            {
                var (incarnation, member, node) = (from.Int(), from.RequiredText(), from.RequiredText());
                var claims = new HeldEntry[from.Length()];
                for (var i = 0; i < claims.Length; i++)
                    claims[i] = new HeldEntry(from.RequiredText(), from.Text(), from.Text(), from.Int(), from.Int());
                return new ClaimsHeld(incarnation, member, node, claims) { Refusals = from.HasMore ? from.Blob() : default };
            }),
        new WireCodec<ClaimLost>("C13",
            static (m, to) =>
            {
                to.Text(m.Client);
                to.Text(m.Zone);
                to.Int(m.Generation);
            },
            static (ref from) => new ClaimLost(from.RequiredText(), from.RequiredText(), from.Int())),
        new WireCodec<KeepRefusals>("C14",
            static (m, to) =>
            {
                to.Text(m.Client);
                to.Int(m.Until);
                to.Blob(m.Refusals.Span);
            },
            static (ref from) => new KeepRefusals(from.RequiredText(), from.Int(), from.Blob())),
        new WireCodec<PlacesChanged>(
            "C15", static (m, to) => to.Text(m.Client), static (ref from) => new PlacesChanged(from.RequiredText())),
    ];

    private static void Write(Claimant by, WireWriter to)
    {
        to.Text(by.Zone);
        to.Text(by.Instance);
        to.Text(by.Subject);
        to.Text(by.Node);
        to.Text(by.Member);
        to.Int(by.Token);
    }

    private static Claimant ReadClaimant(ref WireReader from) =>
        new(from.RequiredText(), from.Text(), from.Text(), from.RequiredText(), from.RequiredText(), from.Int());
}
