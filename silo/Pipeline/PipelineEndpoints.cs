namespace OtelOrleans.Silo.Pipeline;

/// <summary>The page at <c>/</c>, and what it is made of as JSON. They only read, and answer within a second or two whatever is away.</summary>
internal static class PipelineEndpoints
{
    /// <summary>Buffers that the page shows.</summary>
    private const int PageBuffers = 50;

    private const int MaxBuffers = 100_000;

    public static void MapPipeline(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/", PipelinePage.WriteAsync);
        endpoints.MapGet("/api/pipeline", async (PipelineReader reader, int? buffers, string? service) =>
        {
            var (state, pressing) = await reader.ReadAsync(Math.Clamp(buffers ?? PageBuffers, 0, MaxBuffers), Filter(service));
            return Json(new { state, buffers = pressing });
        });
        endpoints.MapGet("/api/pipeline/buffers", async (PipelineReader reader, string? service) => Json(await reader.BuffersAsync(Filter(service))));
        endpoints.MapGet("/api/pipeline/partitions", async (PipelineReader reader) => Json((await reader.ReadAsync(0)).State.Partitions));
        endpoints.MapGet("/api/pipeline/silos", async (PipelineReader reader) => Json((await reader.ReadAsync(0)).State.Silos));
    }

    private static string? Filter(string? service) => string.IsNullOrEmpty(service) ? null : service;

    private static NoStore Json(object value) => new(Results.Json(value, PipelineJson.Options));

    /// <summary>What is told is of this moment.</summary>
    private sealed class NoStore(IResult result) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.CacheControl = "no-store";
            return result.ExecuteAsync(httpContext);
        }
    }
}
