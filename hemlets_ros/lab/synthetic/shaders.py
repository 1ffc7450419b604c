"""GLSL of the renderer. Positions are world metres; colours are squared, which approximates linear light."""

#: Lit and shadowed surfaces with an array of textures.
SURFACE_VERTEX = '''#version 330
in vec3 place;
in vec3 normal;
in vec3 uv;
uniform mat4 to_clip;
out vec3 world, facing, texel;
void main() {
    gl_Position = to_clip * vec4(place, 1.0);
    world = place;
    facing = normal;
    texel = uv;
}'''

_LIGHT = '''
uniform mat4 to_sun;
uniform sampler2DShadow sun_depth;
uniform float sun_blur;
float sunlit(vec3 place) {
    vec3 at = (to_sun * vec4(place, 1.0)).xyz * 0.5 + 0.5;
    if (any(lessThan(at, vec3(0.0))) || any(greaterThan(at, vec3(1.0)))) return 1.0;
    float sum = texture(sun_depth, at + vec3(-sun_blur, -sun_blur * 0.4, 0.0))
              + texture(sun_depth, at + vec3(sun_blur * 0.4, -sun_blur, 0.0))
              + texture(sun_depth, at + vec3(sun_blur, sun_blur * 0.4, 0.0))
              + texture(sun_depth, at + vec3(-sun_blur * 0.4, sun_blur, 0.0));
    return sum * 0.25;
}'''

SURFACE_FRAGMENT = '''#version 330
in vec3 world, facing, texel;
uniform sampler2DArray pictures;
uniform vec3 eye, to_light, sun, sky[4];
uniform float gloss;
''' + _LIGHT + '''
out vec4 colour;
void main() {
    vec4 cloth = texture(pictures, texel);
    if (cloth.a < 0.4) discard;
    vec3 n = normalize(facing);
    vec3 view = normalize(eye - world);
    if (dot(n, view) < 0.0 && !gl_FrontFacing) n = -n;
    float lit = max(dot(n, to_light), 0.0);
    if (lit > 0.0) lit *= sunlit(world + 0.02 * n);
    vec3 half_way = normalize(view + to_light);
    float shine = gloss * lit * pow(max(dot(n, half_way), 0.0), 24.0);
    vec3 ambient = max(sky[0] + sky[1] * n.x + sky[2] * n.y + sky[3] * n.z, 0.08);
    vec3 light = cloth.rgb * cloth.rgb * (ambient + sun * lit) + sun * shine;
    colour = vec4(sqrt(light), 1.0);
}'''

#: The shadow map: depth only, from the sun's direction.
DEPTH_VERTEX = '''#version 330
in vec3 place;
uniform mat4 to_clip;
void main() { gl_Position = to_clip * vec4(place, 1.0); }'''

DEPTH_FRAGMENT = '''#version 330
void main() {}'''

CATCHER_VERTEX = '''#version 330
in vec2 place;
uniform mat4 to_clip;
uniform vec3 centre;
out vec3 world;
void main() {
    world = centre + vec3(place, 0.0);
    gl_Position = to_clip * vec4(world, 1.0);
}'''

#: The ground: invisible except for shadows on it (premultiplied black).
CATCHER_FRAGMENT = '''#version 330
in vec3 world;
uniform float darkness;
''' + _LIGHT + '''
out vec4 colour;
void main() { colour = vec4(0.0, 0.0, 0.0, darkness * (1.0 - sunlit(world))); }'''
