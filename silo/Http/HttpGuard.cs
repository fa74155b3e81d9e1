using System.Net;
using Microsoft.AspNetCore.Authorization;
using OtelOrleans.Silo.Hosting;

namespace OtelOrleans.Silo.Http;

/// <summary>
/// Stands between routing and all endpoints. Health, which says <see cref="IAllowAnonymous"/> of itself, is for everybody; everything else, whatever is mapped and whatever is
/// not, is for those who have the credentials. Where none are set it is for this machine alone.
/// </summary>
/// <remarks>
/// It goes by the endpoint that routing found, not by the path, which has too many spellings.
/// </remarks>
internal sealed class HttpGuard(RequestDelegate next, HttpOptions options)
{
    private readonly HttpCredentials _credentials = new(options);

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        if (context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            return next(context);
        }

        headers.CacheControl = "no-store";
        if (options.HasCredentials)
        {
            if (!_credentials.Accept(context.Request.Headers.Authorization))
            {
                headers.WWWAuthenticate = _credentials.Challenges;
                return RefuseAsync(context, StatusCodes.Status401Unauthorized, "Credentials are needed: HTTP_TOKEN as a bearer token, or HTTP_USER and HTTP_PASSWORD.");
            }
        }
        else if (!options.IsLoopback)
        {
            return RefuseAsync(context, StatusCodes.Status403Forbidden, "Beyond loopback only health is served, until HTTP_TOKEN, or HTTP_USER and HTTP_PASSWORD, are set.");
        }
        else if (!IsOwnName(context.Request.Host.Host))
        {
            // A page from elsewhere whose name was made to point here: it would read the dashboard with the person's own browser.
            return RefuseAsync(context, StatusCodes.Status403Forbidden, "Ask for localhost, or by IP address.");
        }

        return IsFromAnotherSite(context.Request)
            ? RefuseAsync(context, StatusCodes.Status403Forbidden, "A page of another site must not change anything here.")
            : next(context);
    }

    private static bool IsOwnName(string host) => string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host, out _);

    /// <summary>A browser sends its credentials along with what any page asks for, and says whose page it was. Reading is harmless: the other page does not get to see the answer.</summary>
    private static bool IsFromAnotherSite(HttpRequest request) =>
        !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method)
        && request.Headers["Sec-Fetch-Site"] is [{ Length: > 0 } site, ..] && site is not ("same-origin" or "none");

    private static Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(why + "\n", context.RequestAborted);
    }
}
