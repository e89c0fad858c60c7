using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Vexa.Control.Api;

/// <summary><c>GET /v1/openapi.json</c>: the description that the repository keeps and the tests hold to <see cref="ApiOperations"/>.</summary>
internal static class DescriptionEndpoint
{
    private static readonly Lazy<byte[]> Document = new(Load);

    public static void Map(WebApplication app) => ApiOperations.Description.Map(app, static context =>
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.Body.WriteAsync(Document.Value, context.RequestAborted).AsTask();
    });

    private static byte[] Load()
    {
        using var resource = typeof(DescriptionEndpoint).Assembly.GetManifestResourceStream("openapi.json")!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return bytes;
    }
}
