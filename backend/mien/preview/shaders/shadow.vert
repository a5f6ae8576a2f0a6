#version 330 core
// SPDX-License-Identifier: GPL-3.0-or-later
layout(location = 0) in vec3 position;
uniform mat4 key_view;  // head space to 0..1 in the shadow map

void main()
{
    gl_Position = vec4((key_view * vec4(position, 1.0)).xyz * 2.0 - 1.0, 1.0);
}
